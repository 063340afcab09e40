import { mapDeep, type Path } from "../../arguments/walk";

/**
 * Returns an object with CPU quantities in the canonical form of Kubernetes: "4" for "4000m", and strings for numbers.
 * The API server stores most kinds in this form. A custom resource that its controller updates would otherwise show a
 * change in a refresh.
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
