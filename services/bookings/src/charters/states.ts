/** Which status may follow which: code, contract, tests and README all read this table. */
export const transitions = {
  inquiry: ['quoted', 'canceled'],
  quoted: ['quoted', 'accepted', 'canceled'],
  accepted: ['confirmed'],
  confirmed: ['in_progress'],
  in_progress: ['completed'],
  completed: [],
  canceled: [],
} as const satisfies Record<string, readonly string[]>;

export type CharterStatus = keyof typeof transitions;
export const charterStatuses = Object.keys(transitions) as [CharterStatus, ...CharterStatus[]];
