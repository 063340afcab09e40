/** The format of a model ID on Hugging Face. */
const hubId = /^[A-Za-z0-9][-\w.]*\/[-\w.]+$/;

/** Returns whether a model or an adapter is a model ID on Hugging Face. */
export function isHubId(model: unknown): boolean {
    return typeof model === "string" && hubId.test(model) && !/--|\.\./.test(model);
}

/** Returns what is wrong with the name of a model for KServe, which puts it into a shell command without quotes. */
export function kserveNameProblem(name: string): string | undefined {
    return /^[\w.:/@+-]+$/.test(name)
        ? undefined
        : `is ${JSON.stringify(name)}; with backend "KServe" it must consist of letters, digits and . _ - : / @ +`;
}

/** Returns whether a model URI is that of a volume, which is mounted and not downloaded. */
export const isMounted = (uri: string): boolean => /^(pvc|oci):/.test(uri);
