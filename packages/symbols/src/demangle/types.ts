/** A type, in two halves: a name of a function pointer's variable would stand between them. */
export interface Type {
  readonly left: string;
  readonly right: string;
  /** A function or an array: what points to it goes into parentheses. */
  readonly isWrapped?: boolean;
}

export function join({ left, right }: Type): string {
  return left + right;
}

export function pointer(type: Type, mark: string): Type {
  return type.isWrapped
    ? { left: `${type.left}(${mark}`, right: `)${type.right.startsWith('[') ? ' ' : ''}${type.right}` }
    : { left: type.left + mark, right: type.right };
}

/** References to references are one: `&&` of `&` is `&`. */
export function reference(type: Type, mark: '&' | '&&'): Type {
  const { left } = type;
  if (!type.isWrapped && left.endsWith('&') && type.right === '') {
    return mark === '&' && left.endsWith('&&') ? { ...type, left: left.slice(0, -1) } : type;
  }
  return pointer(type, mark);
}
