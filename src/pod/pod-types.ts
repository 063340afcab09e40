import { podTypes } from "./pod-fields";

/** The type of a value in a pod's spec. */
export type PodType =
    | { kind: "scalar"; name: string }
    | { kind: "object"; name: string; fields: Record<string, string> }
    | { kind: "map"; of: string }
    /** A list, and the fields by which its entries are merged, if they are. */
    | { kind: "list"; of: string; keys: string[] };

/** Returns the type that a name in `podTypes` stands for. */
export function podTypeOf(name: string): PodType {
    const [, entry, keys] = /^(.*)\[(.*)\]$/.exec(name) ?? [];
    if (entry !== undefined) {
        return { kind: "list", of: entry, keys: keys === "" ? [] : keys!.split(",") };
    }
    const fields = podTypes[name];
    return name.endsWith("{}")
        ? { kind: "map", of: name.slice(0, -2) }
        : fields
          ? { kind: "object", name, fields }
          : { kind: "scalar", name };
}

/** Returns what tells an entry of a list from the others, from the fields by which entries are merged. */
export function keyOf(entry: object, keys: string[]): string {
    const fields = entry as Record<string, string | number | undefined>;
    const values = keys.map((key) => fields[key] ?? (key === "protocol" ? "TCP" : undefined));
    // "/tmp/" is the path "/tmp".
    return values.map((value) => String(value).replace(/(.)\/+$/, "$1")).join(" ");
}
