import { build, type Log } from "./build";
import { contextHash } from "./context";
import { hiddenStrings, type Image, IMAGE_TYPE, type Index, INDEX_TYPE, parse } from "./image";
import { copyImage, findDigest } from "./registry";
import { hasUnknowns, type Properties, UNKNOWN } from "./values";

/** What the engine's requests for a resource have in common. */
export interface Context {
    /** Environment variables that the provider's configuration sets for docker. */
    env: Record<string, string>;
    /** Shows messages about this resource to the user. */
    log: Log;
    /** Cancels the operation. */
    signal: AbortSignal;
    /** Whether this is a preview. */
    preview: boolean;
}

/** The error for anything other than an image or an index. */
export function unsupported(what: string): Error {
    return new Error(
        `${what} is not supported: this stand-in for the docker-build provider supports only ${IMAGE_TYPE} and ` +
            `${INDEX_TYPE}. Install the official plugin with \`pulumi plugin install resource docker-build\``,
    );
}

/** Creates or updates a resource. Returns its ID and its state. */
export async function apply(
    type: string,
    inputs: Properties,
    context: Context,
): Promise<{ id: string; state: Properties }> {
    return type === IMAGE_TYPE ? buildImage(inputs, context) : copyToIndex(inputs, context);
}

async function buildImage(inputs: Properties, context: Context): Promise<{ id: string; state: Properties }> {
    if (context.preview) {
        if (inputs.buildOnPreview !== false) {
            context.log.warning("this stand-in for the docker-build provider does not build in previews");
        }
        return { id: "", state: { ...inputs, digest: UNKNOWN, contextHash: UNKNOWN, ref: UNKNOWN } };
    }
    const image = parse<Image>(inputs);
    const hash = await contextHash(image.context.location, image.dockerfile.location);
    const digest = await build(image, { ...context, hide: hiddenStrings(inputs) });
    const [tag = ""] = image.tags;
    const ref = digest === undefined ? tag : `${tag}@${digest}`;
    return { id: digest ?? tag, state: { ...inputs, digest: digest ?? "", contextHash: hash, ref } };
}

async function copyToIndex(inputs: Properties, { preview, log }: Context): Promise<{ id: string; state: Properties }> {
    if (preview || hasUnknowns(inputs)) {
        return { id: "", state: { ...inputs, ref: UNKNOWN } };
    }
    const { tag, sources, registry } = parse<Index>(inputs);
    if (sources.length !== 1) {
        throw unsupported("An index with several sources");
    }
    log.status(`Copying ${sources[0]}`);
    const digest = await copyImage(sources[0]!, tag, registry ? [registry] : []);
    return { id: tag, state: { ...inputs, ref: `${tag}@${digest}` } };
}

/** The tags of a resource that the registry still has; undefined if nothing of it is left there. */
export async function read(type: string, state: Properties): Promise<Properties | undefined> {
    const { tags, tag, registries = [], registry, push } = parse<Partial<Image & Index>>(state);
    if (push === false) {
        return state;
    }
    const kept: string[] = [];
    for (const one of tags ?? [tag!]) {
        if (await findDigest(one, registry ? [registry] : registries).catch(() => undefined)) {
            kept.push(one);
        }
    }
    if (kept.length === 0) {
        return undefined;
    }
    return type === IMAGE_TYPE ? { ...state, tags: kept } : state;
}
