/** Returns a text in one line, of at most this number of characters. */
export function oneLine(text: string, longest = 300): string {
    const line = text.trim().replace(/\s+/g, " ");
    return line.length <= longest ? line : `${line.slice(0, longest - 1)}…`;
}
