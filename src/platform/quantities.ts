/**
 * An object whose amounts of CPU are written as Kubernetes writes them: "4" for "4000m", and texts for numbers. Most kinds
 * are stored so whatever is sent; of a custom resource that its controller writes anew a refresh would show it as a change.
 */
export function withPlainCpu<T>(value: T): T {
    return plain(value, "") as T;
}

function plain(value: unknown, key: string): unknown {
    if (Array.isArray(value)) {
        return value.map((entry) => plain(entry, key));
    }
    if (value === null || typeof value !== "object" || Object.getPrototypeOf(value) !== Object.prototype) {
        return value;
    }
    return Object.fromEntries(
        Object.entries(value).map(([name, field]): [string, unknown] => [
            name,
            name === "cpu" && (key === "limits" || key === "requests") ? plainCpu(field) : plain(field, name),
        ]),
    );
}

const plainCpu = (amount: unknown): unknown =>
    typeof amount === "number" || typeof amount === "string" ? String(amount).replace(/^(\d+)000m$/, "$1") : amount;
