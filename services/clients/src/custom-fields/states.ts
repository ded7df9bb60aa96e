export const fieldTypes = ['text', 'number', 'date', 'boolean', 'choice'] as const;
