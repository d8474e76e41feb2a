/** Who stores: part of every row and of every deduplication token. */
export interface Identity {
  /** `agent.name` of the YAML; default the host name. */
  readonly host: string;
  /** Random for every start of an agent, 16 hex digits: with the sequence it tells every row ever stored apart. */
  readonly boot: string;
}
