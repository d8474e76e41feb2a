const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text of whoever was traced, as XML: what XML cannot hold even escaped is written as `\x1b`. */
export function xmlText(text: string): string {
  return text
    .replace(/[&<>"']/g, (character) => ENTITIES[character]!)
    .replace(
      /[\u0000-\u001f\u007f-\u009f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g,
      (character) => {
        const code = character.charCodeAt(0);
        return code > 0xff ? '\ufffd' : `\\x${code.toString(16).padStart(2, '0')}`;
      },
    );
}
