import { generateSecret, generateURI, verifySync } from 'otplib';

const ISSUER = 'Roundhouse';
/** Of a code; what lies this far off is good as well: one step (RFC 6238 5.2). */
const STEP_SECONDS = 30;

/** 160 random bits, as base32 (RFC 4226 4, R6). */
export const newSecret = (): string => generateSecret();

/** What an authenticator reads as a QR code. */
export const uriOf = (secret: string, label: string): string =>
  generateURI({ issuer: ISSUER, label, secret });

/**
 * The time step that the code belongs to: of now, or one step off, and after the last one that was
 * used, so that a code that was overheard is worth nothing (RFC 6238 5.2). Undefined when wrong.
 */
export function stepOf(
  { secret, last_step }: { secret: string; last_step: number | null },
  code: string,
  now: Temporal.Instant,
): number | undefined {
  const epoch = Math.floor(now.epochMilliseconds / 1_000);
  const options = { secret, token: code, epoch, epochTolerance: STEP_SECONDS };
  const result = verifySync({
    ...options,
    ...(last_step === null ? {} : { afterTimeStep: last_step }),
  });
  return result.valid && 'timeStep' in result ? result.timeStep : undefined;
}
