/** A name on Hugging Face. */
const onHub = /^[A-Za-z0-9][-\w.]*\/[-\w.]+$/;

/** Whether a model, or an adapter, is named as on Hugging Face. */
export function isOnHub(model: unknown): boolean {
    return typeof model === "string" && onHub.test(model) && !/--|\.\./.test(model);
}

/** Whether an address is one of a volume, which is mounted. */
export const isMounted = (address: string): boolean => /^(pvc|oci):/.test(address);
