import * as pulumi from "@pulumi/pulumi";

import { configured } from "../arguments/config";
import { failOutput, isKnown } from "../arguments/inputs";
import { stackId } from "../arguments/monitor";
import type { ImageArgs, RegistryArgs } from "./args";
import { ownTag } from "./build";
import { buildName, buildType, createBuild } from "./build-resource";
import type { Context } from "./context";
import type { Credentials } from "./credentials";
import { findRecorded } from "./recorded";
import { findDigest, registryOf } from "./registry";
import { describeLeftOut, type Source } from "./source";
import { locateStaged, stageContext, type Staged } from "./stage";

/** The values that decide whether an image is built, once they are known. */
interface Wanted {
    repository: string;
    source: Source;
    urn: string;
    registry?: pulumi.Unwrap<RegistryArgs>;
}

/**
 * Makes sure that the registry has an image, and returns its digest.
 *
 * - If the stack's state has the build of this content, it is registered as it is: there is nothing to do.
 * - If the registry has the image, built by another stack or by this one before a revert, its digest is taken, and nothing
 *   is registered.
 * - Otherwise a build is registered. It pushes two tags: the hash of the content, for other stacks, and one of its own,
 *   which keeps its digest when two stacks build the same content at the same time and move the first tag.
 *
 * What is registered thus depends on values that may be known only later, on the state and on the registry. This is the one
 * place that registers a resource inside `apply`. A build for which no such value is known is registered with unknown
 * arguments, because a preview would otherwise show that it is deleted.
 */
export function publish(
    name: string,
    args: ImageArgs,
    source: pulumi.Output<Source>,
    component: pulumi.ComponentResource,
): pulumi.Output<string> {
    const { repository, registry } = args;
    const urn = pulumi.createUrn(buildName(name), buildType, component);
    const wanted = pulumi.output({ repository, source, urn, registry }) as pulumi.Output<Wanted>;
    const network = args.network ?? configured("buildNetwork");
    const build = source.apply((known) => known.build);
    const tag = source.apply((known) => known.tag);
    const register = (staged: pulumi.Input<Staged>, isBuilt: boolean): pulumi.Output<string> => {
        const { digest } = createBuild(name, { args, network, build, tag, staged, isBuilt }, component);
        // A provider that returns an empty digest in a preview means that it is not known.
        return digest.apply((known) => (known === "" && pulumi.runtime.isDryRun() ? pulumi.unknown : known) as string);
    };
    const decide = async (known: Wanted): Promise<pulumi.Output<string> | string> => {
        if (pulumi.runtime.isDryRun()) {
            reportLeftOut(name, known.source.content, component);
        }
        const { isBuilt, digest } = await findBuilt(name, known, component);
        if (digest !== undefined) {
            return digest;
        }
        const staged = stage(name, known.source);
        // Where the copy has failed, the preview has reported it.
        return pulumi.isUnknown(staged) ? (pulumi.unknown as unknown as string) : register(staged, isBuilt);
    };
    const later = () =>
        register(
            source.apply((known) => stage(name, known)),
            false,
        );
    const digest = isKnown(wanted).then((known) => (known ? wanted.apply(decide) : later()));
    // Derived from the credentials, and public nevertheless.
    return pulumi.unsecret(pulumi.output(digest)) as pulumi.Output<string>;
}

/** Whether the state has the build, or else the digest that the registry has. */
async function findBuilt(
    name: string,
    { repository, source, urn, registry }: Wanted,
    component: pulumi.Resource,
): Promise<{ isBuilt: boolean; digest?: string }> {
    const recorded = await findRecorded(urn);
    if (recorded === undefined) {
        return { isBuilt: false };
    }
    if (
        recorded?.tags.includes(`${repository}:${source.tag}`) &&
        recorded.context === locateStaged(source.content).context
    ) {
        return { isBuilt: true };
    }
    try {
        const tags = [ownTag(source.tag, stackId()), source.tag];
        return { isBuilt: false, digest: await findDigest(repository, tags, credentialsFor(repository, registry)) };
    } catch (error) {
        void pulumi.log.warn(
            `Image "${name}": ${(error as Error).message}, so it is unknown whether ${repository} has this image already; ` +
                "without an answer it is built: check the network, and the credentials in registry or of docker login",
            component,
        );
        return { isBuilt: false };
    }
}

/** Returns the given credentials if they are those of the repository's registry. */
function credentialsFor(repository: string, registry: Wanted["registry"]): Credentials | undefined {
    const { server = registryOf(repository), username, password } = registry ?? {};
    return registry && server === registryOf(repository) ? { username, password } : undefined;
}

/** Copies what is built to where the provider reads it. */
function stage(name: string, { build, content }: Source): Staged {
    try {
        return stageContext(build.context, build.dockerfile, content);
    } catch (error) {
        return failOutput(
            `Image "${name}": context cannot be copied to .kubernetes-mlops in the project's directory, from which it is ` +
                `built: ${(error as Error).message}; make the directory writable`,
        );
    }
}

/** Shows what is not in the image although the user may expect it. */
function reportLeftOut(name: string, content: Context, component: pulumi.Resource): void {
    const line = describeLeftOut(content);
    if (line !== undefined) {
        void pulumi.log.info(`Image "${name}": ${line}`, component);
    }
}
