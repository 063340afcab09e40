/** The keys and indexes that lead to a value from where a walk began. */
export type Path = (string | number)[];

/**
 * Returns a copy of a value in which `replace` has decided on every value, outermost first: what it returns takes the
 * value's place, and what it returns as it is, is walked into where it is a list or a plain object. Anything else,
 * such as an Output, is a value like a string.
 *
 * @param replace - Receives a value, its path, and the object or list that it is in.
 */
export function mapDeep(
    value: unknown,
    replace: (value: unknown, path: Path, parent: unknown) => unknown,
    path: Path = [],
    parent?: unknown,
): unknown {
    const replaced = replace(value, path, parent);
    if (replaced !== value) {
        return replaced;
    }
    if (Array.isArray(value)) {
        return value.map((entry, index) => mapDeep(entry, replace, [...path, index], value));
    }
    if (isPlainObject(value)) {
        return Object.fromEntries(
            Object.entries(value).map(([key, field]) => [key, mapDeep(field, replace, [...path, key], value)]),
        );
    }
    return value;
}

/** Whether a value is an object as a literal makes it, and not the instance of a class. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
    return value !== null && typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype;
}
