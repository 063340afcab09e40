const suffixes: Record<string, number> = {
    "": 1,
    k: 1e3,
    M: 1e6,
    G: 1e9,
    T: 1e12,
    P: 1e15,
    E: 1e18,
    Ki: 2 ** 10,
    Mi: 2 ** 20,
    Gi: 2 ** 30,
    Ti: 2 ** 40,
    Pi: 2 ** 50,
    Ei: 2 ** 60,
};

/** Returns the bytes of a quantity that the rule `bytes` has passed, such as "16Gi", "80G", ".5Ti" or "1e9". */
export function bytesOf(quantity: string): number {
    const [, number, suffix] = /^([\d.]+(?:[eE][-+]?\d+)?)([kMGTPE]i?|Ki)?$/.exec(quantity)!;
    return Number(number) * suffixes[suffix ?? ""]!;
}

/** Returns the cores of a quantity that the rule `cpu` has passed, such as "2", "0.5" or "500m". */
export const coresOf = (quantity: string): number =>
    quantity.endsWith("m") ? Number(quantity.slice(0, -1)) / 1000 : Number(quantity);
