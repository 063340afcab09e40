import { mapDeep, type Path } from "../../arguments/walk";

/**
 * An object whose amounts of CPU are written as Kubernetes writes them: "4" for "4000m", and texts for numbers. Most kinds
 * are stored so whatever is sent; of a custom resource that its controller writes anew a refresh would show it as a change.
 */
export function normalizeCpu<T>(object: T): T {
    // The copy has the shape of the object.
    return mapDeep(object, (value, path) =>
        isCpu(path) && (typeof value === "number" || typeof value === "string")
            ? String(value).replace(/^(\d+)000m$/, "$1")
            : value,
    ) as T;
}

const isCpu = (path: Path): boolean =>
    path.at(-1) === "cpu" && (path.at(-2) === "limits" || path.at(-2) === "requests");
