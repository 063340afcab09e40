import * as dockerBuild from "@pulumi/docker-build";
import type * as pulumi from "@pulumi/pulumi";

/**
 * What the tests change about the image. Those that kill an update pass it as an environment variable to another
 * process.
 */
export interface Edit extends Omit<dockerBuild.ImageArgs, "push"> {
    /** The daemon's address. Defaults to the environment's. */
    host?: string;
}

/** The digests that a program has received; in a preview, none when it is unknown. */
export const digests: string[] = [];

/** A stack with one image. */
export function image(edit: Edit): () => Promise<Record<string, pulumi.Output<string | undefined>>> {
    // eslint-disable-next-line @typescript-eslint/require-await -- the automation API takes async programs
    return async () => {
        const { host, ...args } = edit;
        const provider = host ? new dockerBuild.Provider("daemon", { host }) : undefined;
        const options = { provider, retainOnDelete: true };
        const { digest, ref } = new dockerBuild.Image("image", { push: true, buildOnPreview: false, ...args }, options);
        digest.apply((known) => digests.push(known));
        return { digest, ref };
    };
}

export const program = (): ReturnType<ReturnType<typeof image>> =>
    image(JSON.parse(process.env.BUILT_IMAGE ?? "") as Edit)();
