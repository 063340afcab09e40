/** Returns a word in single quotes, which a POSIX shell reads literally. */
export function shellQuote(word: string): string {
    return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** Returns a word as a POSIX shell reads it literally, in quotes only where it needs them. */
export function shellWord(word: string): string {
    return /^[\w@%+=:,./-]+$/.test(word) ? word : shellQuote(word);
}
