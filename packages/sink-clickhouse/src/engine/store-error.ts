import { SkepError, visibleText } from '@skep/core';
import { exceptionCode, FAULTS, type FaultName, faultOf } from './fault.js';

const MOST = 400;

/** A store that cannot be reached, or that refuses something. Test `code === 'SKEP_STORE'`. */
export class StoreError extends SkepError {
  readonly fault: FaultName;
  /** Number of ClickHouse's exception; undefined when the answer was not one of ClickHouse's. */
  readonly exception: number | undefined;

  constructor(store: string, fault: FaultName, reason: string, exception?: number, cause?: unknown) {
    super('SKEP_STORE', `${store}: ${reason}`, FAULTS[fault].remedy, { cause });
    this.fault = fault;
    this.exception = exception;
  }
}

/** TLS says no: the certificate of the server, or ours. */
const TLS = /CERT|SELF_SIGNED|ERR_TLS|ERR_SSL|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/;

/** Whatever the client of ClickHouse threw, as a StoreError that says what kind of trouble it is. */
export function storeError(store: string, cause: unknown): StoreError {
  if (cause instanceof StoreError) return cause;
  const { message, code } = cause as { message?: string; code?: string };
  const text = message ?? String(cause);
  // The client takes the number out of the text of newer servers, and leaves that of older ones as it is.
  const exception = code !== undefined && /^\d+$/.test(code) ? Number(code) : exceptionCode(text);
  if (exception !== undefined) {
    const reason = `${shown(said(text))} (code ${exception})`;
    return new StoreError(store, faultOf(exception, text), reason, exception, cause);
  }
  if (code !== undefined && TLS.test(code)) {
    return new StoreError(store, 'access', `TLS refuses the connection: ${shown(text)}`, undefined, cause);
  }
  return new StoreError(store, 'network', networkReason(code, text), undefined, cause);
}

/** An exception's own words: without its number, its kind and the version of the server. */
export function said(text: string): string {
  return text
    .replace(/^Code:\s*\d+[.,]\s*(e\.displayText\(\) = )?(DB::Exception: )*/, '')
    .replace(/, e\.what\(\) = .*$/s, '')
    .replace(/\s*\(version [^()]*(\([^()]*\))?\)\s*$/, '');
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there (ECONNREFUSED)',
  ECONNRESET: 'the connection was cut (ECONNRESET)',
  EPIPE: 'the connection was cut (EPIPE)',
  ETIMEDOUT: 'no answer (ETIMEDOUT)',
  ENOTFOUND: 'the name of the server is not known (ENOTFOUND)',
  EAI_AGAIN: 'the name of the server cannot be looked up at the moment (EAI_AGAIN)',
  EHOSTUNREACH: 'the server cannot be reached (EHOSTUNREACH)',
  ENOENT: 'the socket is not there (ENOENT)',
};

function networkReason(code: string | undefined, text: string): string {
  const known = code === undefined ? undefined : REASONS[code];
  if (known !== undefined) return known;
  if (code !== undefined) return `${shown(text)} (${code})`;
  return text === 'Timeout error.'
    ? 'no answer in time'
    : `the answer is not one of ClickHouse's: ${shown(text) || 'nothing'}`;
}

/** Texts of a server or a proxy go to a log: one line, no control characters, not endless. */
export function shown(text: string): string {
  const line = visibleText(text.replace(/\s+/g, ' ').trim());
  return line.length > MOST ? `${line.slice(0, MOST)}...` : line;
}
