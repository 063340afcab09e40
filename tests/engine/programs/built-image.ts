import * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";

/**
 * What the tests change about the image. Those that kill an update pass it as an environment variable to another
 * process.
 */
export interface Edit extends docker.ImageArgs {
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
        const provider = host ? new docker.Provider("daemon", { host }) : undefined;
        const { repoDigest, baseImageName, context, dockerfile, imageName, platform, registryServer } =
            new docker.Image("image", args, { provider });
        repoDigest.apply((digest) => digests.push(digest));
        return { repoDigest, baseImageName, context, dockerfile, imageName, platform, registryServer };
    };
}

export const program = (): ReturnType<ReturnType<typeof image>> =>
    image(JSON.parse(process.env.BUILT_IMAGE ?? "") as Edit)();
