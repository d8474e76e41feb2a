/** Who stores: part of every row and of every deduplication token. */
export interface Identity {
  /** `agent.name` of the YAML; default the host name. */
  readonly host: string;
  /** Random for every start of a sink, 16 hex digits: with source and sequence it tells every row of a table apart. */
  readonly boot: string;
}
