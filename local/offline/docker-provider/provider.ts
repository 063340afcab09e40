import { build, type Log } from "./build";
import * as image from "./image";
import type { Properties } from "./values";

/** What the engine's requests for an image have in common. */
export interface Context {
    /** Shows messages about this resource to the user. */
    log: Log;
    /** Cancels the operation. */
    signal: AbortSignal;
    /** Whether this is a preview. */
    preview: boolean;
}

/** The error for anything other than an image. */
export function unsupported(what: string): Error {
    return new Error(
        `${what} is not supported: this stand-in for the docker provider supports only ${image.IMAGE_TYPE}. ` +
            "Install the official plugin with `pulumi plugin install resource docker`",
    );
}

/**
 * Builds the image of a created or changed resource and returns its state.
 *
 * @param env environment variables that the provider's configuration sets for docker
 */
export async function apply(inputs: Properties, env: Record<string, string>, context: Context): Promise<Properties> {
    if (context.preview) {
        const possible = image.canPreview(inputs);
        if (possible.warning) {
            context.log.warning(possible.warning);
        }
        if (!possible.build) {
            // Other outputs, such as the digest, are unknown to the program.
            return inputs;
        }
    }
    const hide = image.hiddenStrings(inputs);
    return image.state(inputs, await build(image.parseImage(inputs), { ...context, env, hide }));
}
