/** Something that runs beside the requests until it is stopped. */
export interface Background {
  stop(): Promise<void>;
}
