import * as dockerBuild from "@pulumi/docker-build";
import * as pulumi from "@pulumi/pulumi";

import { mapInput, mapInputs } from "../arguments/inputs";
import { stackId } from "../arguments/monitor";
import type { ImageArgs, RegistryArgs } from "./args";
import { type Build, ownTag } from "./build";
import { pythonSecrets } from "./python";
import { registryOf } from "./registry";
import type { Staged } from "./stage";

/** The arguments that the provider compares: all of them. */
const compared: (keyof dockerBuild.ImageArgs)[] = [
    "addHosts",
    "buildArgs",
    "buildOnPreview",
    "builder",
    "cacheFrom",
    "cacheTo",
    "context",
    "dockerfile",
    "exec",
    "exports",
    "ignoreSecretsInDiffCalculation",
    "labels",
    "load",
    "network",
    "noCache",
    "platforms",
    "pull",
    "push",
    "registries",
    "secrets",
    "ssh",
    "tags",
    "target",
];

/** What a build is registered with. */
export interface BuildResource {
    args: ImageArgs;
    network: pulumi.Input<string> | undefined;
    build: pulumi.Input<Build>;
    tag: pulumi.Input<string>;
    staged: pulumi.Input<Staged>;
    /** Whether the state has the same content already. */
    isBuilt: boolean;
}

/** The type of the resource, and its name. */
export const buildType = "docker-build:index:Image";
export const buildName = (name: string): string => `${name}-image`;

/** Registers the build of an image, which pushes it. */
export function createBuild(name: string, resource: BuildResource, parent: pulumi.Resource): dockerBuild.Image {
    const { args, network, build, tag, staged, isBuilt } = resource;
    const { repository, registry, cache } = args;
    const secrets = args.python && args.secrets ? mapInputs(args.secrets, pythonSecrets) : args.secrets;
    const of = <T>(get: (known: Build) => T) => mapInput(build, get) as pulumi.Input<Exclude<T, undefined>>;
    return new dockerBuild.Image(
        buildName(name),
        {
            tags: [
                pulumi.interpolate`${repository}:${tag}`,
                pulumi.interpolate`${repository}:${mapInput(tag, (known) => ownTag(known, stackId()))}`,
            ],
            push: true,
            buildOnPreview: false,
            context: { location: mapInput(staged, ({ context }) => context) },
            dockerfile: { location: mapInput(staged, ({ dockerfile }) => dockerfile) },
            buildArgs: of((known) => known.args),
            target: of((known) => known.target),
            platforms: of((known) => known.platforms) as dockerBuild.ImageArgs["platforms"],
            network: network as dockerBuild.ImageArgs["network"],
            ...(secrets && { secrets: pulumi.secret(secrets) }),
            ...(registry && { registries: [registryInput(repository, registry)] }),
            ...(cache !== undefined && {
                cacheFrom: [{ registry: { ref: cache } }],
                // Most registries accept a cache in this format; "max" keeps the layers of all stages.
                cacheTo: [{ registry: { ref: cache, mode: "max", imageManifest: true, ociMediaTypes: true } }],
            }),
        },
        {
            parent,
            // The provider would delete the image from the registry, where workloads and other stacks need it.
            retainOnDelete: true,
            // It is only a record: a revert to an earlier content removes it, which protection would make an error.
            protect: false,
            // What does not decide the content is no reason to build it again: other credentials, secrets, a cache.
            ignoreChanges: isBuilt ? compared : undefined,
        },
    );
}

/** Returns the credentials for the registry as the provider takes them. */
export function registryInput(
    repository: pulumi.Input<string>,
    registry: pulumi.Input<RegistryArgs>,
): pulumi.Input<dockerBuild.types.input.RegistryArgs> {
    return mapInput(registry, ({ server, username, password }) => ({
        address: server ?? mapInput(repository, registryOf),
        username,
        password: pulumi.secret(password),
    }));
}
