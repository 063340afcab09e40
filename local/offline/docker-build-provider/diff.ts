import { contextHash } from "./context";
import { type Image, IMAGE_TYPE, parse, type Registry } from "./image";
import { hasUnknowns, isEqual, plain, type Properties, type Value } from "./values";

/** How a property differs; the numbers are those of the protocol's `PropertyDiff.Kind`. */
export const ADD = 0;
export const DELETE = 2;
export const UPDATE = 4;
export const UPDATE_REPLACE = 5;

/**
 * The inputs that differ from those in the state, and `contextHash` if the content of the context differs. Changed
 * passwords of registries need no build; changed usernames do, as with the official plugin.
 */
export async function diff(type: string, oldState: Properties, news: Properties): Promise<Record<string, number>> {
    const before = comparable(plain(oldState) as Properties);
    const after = comparable(plain(news) as Properties);
    const changes: Record<string, number> = {};
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
        if (["digest", "contextHash", "ref"].includes(key) || isEqual(before[key], after[key])) {
            continue;
        }
        const kind = before[key] === undefined ? ADD : after[key] === undefined ? DELETE : UPDATE;
        changes[key] = key === "tag" ? UPDATE_REPLACE : kind;
    }
    if (type === IMAGE_TYPE && !hasUnknowns(after.context) && !hasUnknowns(after.dockerfile)) {
        const { context, dockerfile } = parse<Image>(after);
        const hash = await contextHash(context.location, dockerfile.location).catch(() => "");
        if (hash !== before.contextHash) {
            changes.contextHash = UPDATE;
        }
    }
    return changes;
}

/** Without what is not compared: nothing and empty lists and objects are the same, and passwords never differ. */
function comparable(values: Properties): Properties {
    const withoutPassword = (registry: Value) => {
        const { address, username } = registry as unknown as Registry;
        return { address, username: username ?? null };
    };
    const { registries, registry, ...others } = values;
    const compared: Properties = {
        ...others,
        ...(Array.isArray(registries) && { registries: registries.map(withoutPassword) }),
        ...(registry && { registry: withoutPassword(registry) }),
    };
    return Object.fromEntries(Object.entries(compared).filter(([, value]) => !isEmpty(value)));
}

function isEmpty(value: Value): boolean {
    return (
        value === null ||
        value === false ||
        value === "" ||
        (typeof value === "object" && Object.keys(value).length === 0)
    );
}
