/** Returns the name that a misspelt one most probably stands for, or undefined if none is near. */
export function nearest(misspelt: string, names: string[]): string | undefined {
    const scored = names.map((name) => ({ name, score: distance(simple(misspelt), simple(name)) }));
    return scored.sort((one, other) => one.score - other.score).find(({ score }) => score < Infinity)?.name;
}

/** Names differ less in these respects than in letters. */
const simple = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, "");

/** Returns how far two names are from each other: not at all, by what one lacks, or by a few letters. */
function distance(one: string, other: string): number {
    const [short, long] = one.length < other.length ? [one, other] : [other, one];
    if (short.length >= 4 && long.includes(short)) {
        return (long.length - short.length) / 100;
    }
    const letters = editDistance(one, other);
    return letters <= Math.max(1, Math.floor(short.length / 3)) ? letters : Infinity;
}

/** Returns how many letters must be added, removed or replaced. */
function editDistance(one: string, other: string): number {
    let row = Array.from({ length: other.length + 1 }, (_, index) => index);
    for (const [index, letter] of [...one].entries()) {
        const next = [index + 1];
        for (const [at, expected] of [...other].entries()) {
            next.push(Math.min(next[at]! + 1, row[at + 1]! + 1, row[at]! + (letter === expected ? 0 : 1)));
        }
        row = next;
    }
    return row.at(-1)!;
}
