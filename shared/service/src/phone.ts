import { isValidPhoneNumber } from 'libphonenumber-js/min';
import { z } from 'zod';

/**
 * A phone number in E.164, such as +12125550123: of a country's plan, in its length and with digits
 * that the plan has. Apart from the contract's other shapes, since the plans of all countries take
 * 4 MB and 30 ms to load, and most services know no phone.
 */
export const Phone = z
  .string()
  .regex(/^\+[1-9]\d{6,14}$/, 'is not a phone number in E.164, such as +12125550123')
  // Only what has the form is looked up: the library would also read a number out of a sentence.
  .refine((phone) => !/^\+\d+$/.test(phone) || isValidPhoneNumber(phone), {
    message: 'is no phone number of any country, or has too many or too few digits',
  })
  .meta({ examples: ['+12125550123'] });
