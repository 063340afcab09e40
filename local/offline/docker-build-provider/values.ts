/** A property value as exchanged between engine and provider, without secret markers. */
export type Value = null | boolean | number | string | Value[] | { [key: string]: Value };

/** The properties of a resource. */
export type Properties = Record<string, Value>;

/** What the engine sends in place of a value that is not known before an update. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

/** Marks a value as secret, so that the engine encrypts it in the state and hides it. */
export function secret(value: Value): Value {
    return { [SIGNATURE]: SECRET, value };
}

/** The value without secret markers and without nulls, at every depth. */
export function plain(value: Value): Value {
    if (Array.isArray(value)) {
        return value.map(plain);
    }
    if (!isObject(value)) {
        return value;
    }
    if (isSecret(value)) {
        return plain(value.value ?? null);
    }
    return Object.fromEntries(
        Object.entries(value)
            .filter(([, element]) => element !== null)
            .map(([key, element]) => [key, plain(element)]),
    );
}

/** Marks what is secret in the same place of `model`, or has a secret part there that `values` does not have. */
export function withSecretsOf(values: Properties, model: Properties): Properties {
    const marked = Object.entries(values).map(([key, value]): [string, Value] => {
        const like = model[key];
        if (isObject(value) && isObject(like) && !isSecret(like)) {
            return [key, isSecret(value) ? value : withSecretsOf(value, like)];
        }
        return [key, hasSecrets(like) && !isSecret(value) ? secret(plain(value)) : value];
    });
    return Object.fromEntries(marked);
}

/** Every string that is a secret or part of one. */
export function secretStrings(value: Value | undefined, marked = false): string[] {
    if (Array.isArray(value)) {
        return value.flatMap((element) => secretStrings(element, marked));
    }
    if (isObject(value)) {
        return isSecret(value)
            ? secretStrings(value.value, true)
            : Object.values(value).flatMap((element) => secretStrings(element, marked));
    }
    return marked && typeof value === "string" && value !== "" ? [value] : [];
}

function isSecret(value: Value | undefined): boolean {
    return isObject(value) && value[SIGNATURE] === SECRET;
}

function hasSecrets(value: Value | undefined): boolean {
    if (Array.isArray(value)) {
        return value.some(hasSecrets);
    }
    return isObject(value) && (isSecret(value) || Object.values(value).some(hasSecrets));
}

/** Whether the value is unknown or has an unknown part. */
export function hasUnknowns(value: Value | undefined): boolean {
    if (Array.isArray(value)) {
        return value.some(hasUnknowns);
    }
    return value === UNKNOWN || (isObject(value) && Object.values(value).some(hasUnknowns));
}

export function isObject(value: Value | undefined): value is Properties {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether two values are equal, regardless of the order of their keys. */
export function isEqual(a: Value | undefined, b: Value | undefined): boolean {
    if (Array.isArray(a) && Array.isArray(b)) {
        return a.length === b.length && a.every((element, index) => isEqual(element, b[index]));
    }
    if (isObject(a) && isObject(b)) {
        const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
        return [...keys].every((key) => isEqual(a[key], b[key]));
    }
    return a === b;
}
