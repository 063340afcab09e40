/**
 * Who owns an object of the cluster.
 *
 * Within a program, two components that would create the same object are refused when the second one is constructed.
 * Across stacks, server-side apply keeps them apart: each stack writes in its own name, so that an update which was
 * killed finds what it had made when it runs again, while an object of another stack, or of a person, is a conflict. A
 * preview, which the provider lets overwrite everything, looks at whose the object is and fails with a line of our own.
 * Source: https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/managing-resources-with-server-side-apply/
 */
import { setImmediate as nextTurn } from "node:timers/promises";

import * as pulumi from "@pulumi/pulumi";

import { failOutput, isEventual, outputOf } from "../arguments/inputs";
import type { WorkloadArgs } from "./args";

const managerAnnotation = "pulumi.com/patchFieldManager";

/** The name in which a stack writes the fields of its objects; at most 128 characters, as Kubernetes has it. */
export function stackManager(): string {
    return `pulumi/${pulumi.getProject()}/${pulumi.getStack()}`.slice(0, 128);
}

/** The annotation that makes the provider write in the stack's name. */
export const ownerAnnotations = (): Record<string, string> => ({ [managerAnnotation]: stackManager() });

/**
 * An object goes on being written in the name in which it was created, so that a stack or a project may be renamed, and
 * a component moved to another stack, without a change to its objects.
 */
export const keepOwner = [`metadata.annotations["${managerAnnotation}"]`];

/** What a component does about the objects it creates. */
export interface Ownership {
    /** The component's options, by which its objects keep their owner. */
    options: pulumi.ComponentResourceOptions;
    /**
     * Claims the objects of these kinds and names, such as "Service fraud": throws where another component of the program
     * has one of them, before any of them is registered. Returns the arguments with a namespace that fails in the same
     * words where it is known only later.
     *
     * @param args - The arguments as they were given: two components that are given the same Output are in one namespace.
     */
    claim<Args extends WorkloadArgs>(args: Args, checked: Args, objects: string[]): Args;
    /** Looks, in a preview, at the objects that are to be created, and fails where one belongs to another owner. */
    check(): void;
}

type Kubernetes = pulumi.CustomResource & { metadata?: pulumi.Output<Metadata | undefined> };

/** What is looked at of the metadata that the API server returns. */
interface Metadata {
    name?: string;
    namespace?: string;
    creationTimestamp?: string;
    annotations?: Record<string, string>;
    managedFields?: { manager?: string; operation?: string; subresource?: string; time?: string }[];
}

export function ownership(
    component: string,
    name: string,
    opts: pulumi.ComponentResourceOptions | undefined,
): Ownership {
    const created: { type: string; resource: Kubernetes }[] = [];
    const owner = `${component} "${name}"`;
    const keep: pulumi.ResourceTransformation = ({ type, resource, props, opts: given }) => {
        if (!type.startsWith("kubernetes:") || type.startsWith("kubernetes:helm")) {
            return undefined;
        }
        created.push({ type, resource: resource as Kubernetes });
        const { ignoreChanges = [] } = given as pulumi.CustomResourceOptions;
        return { props: props, opts: { ...given, ignoreChanges: [...ignoreChanges, ...keepOwner] } };
    };
    return {
        options: pulumi.mergeOptions(opts, { transformations: [keep] }),
        claim(args, checked, objects) {
            const { workspace } = checked;
            const namespace = claimObjects(owner, opts, args.workspace.namespace, objects, workspace.namespace);
            return { ...checked, workspace: { ...workspace, namespace } };
        },
        check: () => failIfForeign(owner, created),
    };
}

/** What the components of a program have claimed: which component has which object. */
interface Claims {
    owners: Map<string, string>;
    /** Numbers for providers, and for namespaces that are not known yet, by identity. */
    numbers: Map<unknown, number>;
}

/** By the stack, as programs that run in one process know nothing of each other. */
const claimsOfStacks = new WeakMap<object, Claims>();

/**
 * Claims objects for a component; see `Ownership.claim`.
 *
 * @param given - The namespace as it was given.
 * @param namespace - The same with its rule applied. Defaults to the given one.
 */
export function claimObjects(
    owner: string,
    opts: pulumi.ComponentResourceOptions | undefined,
    given: pulumi.Input<string>,
    objects: string[],
    namespace = given,
): pulumi.Input<string> {
    const stack = pulumi.runtime.getStackResource();
    if (stack === undefined) {
        // A unit test with mocks: nothing is created.
        return namespace;
    }
    const claims: Claims = claimsOfStacks.get(stack) ?? { owners: new Map(), numbers: new Map() };
    claimsOfStacks.set(stack, claims);
    const numberOf = (value: unknown): number => {
        claims.numbers.set(value, claims.numbers.get(value) ?? claims.numbers.size);
        return claims.numbers.get(value)!;
    };
    const cluster = numberOf(providerOf(opts));
    const take = (place: string, shown: string): string | undefined => {
        const keys = objects.map((object) => `${cluster} ${place} ${object}`);
        const index = keys.findIndex((key) => claims.owners.has(key));
        if (index < 0) {
            keys.forEach((key) => claims.owners.set(key, owner));
            return undefined;
        }
        const [kind, name] = objects[index]!.split(" ");
        const other = claims.owners.get(keys[index]!);
        return `${owner}: the ${kind} ${shown}${name} belongs to ${other} already; give one of them another name`;
    };
    if (!isEventual(namespace)) {
        throwIf(take(namespace, `${namespace}/`));
        return namespace;
    }
    // Two components that are given the same Output are in the same namespace, whatever it will be.
    throwIf(take(`#${numberOf(given)}`, ""));
    return outputOf(namespace).apply((known) => {
        const problem = take(known, `${known}/`);
        return problem === undefined ? known : failOutput<string>(problem);
    });
}

function throwIf(problem: string | undefined): void {
    if (problem !== undefined) {
        throw new pulumi.RunError(problem);
    }
}

/** Checks what `Provider.isInstance` of @pulumi/kubernetes does, without loading its module. */
const isKubernetesProvider = (one: pulumi.ProviderResource | undefined): boolean =>
    (one as { __pulumiType?: string } | undefined)?.__pulumiType === "pulumi:providers:kubernetes";

/** The provider of Kubernetes that children get with these options; undefined for the default one. */
function providerOf(opts: pulumi.ComponentResourceOptions | undefined): pulumi.ProviderResource | undefined {
    const { provider, providers = {}, parent } = opts ?? {};
    const own = [provider, ...Object.values(providers)].find(isKubernetesProvider);
    return own ?? parent?.getProvider("kubernetes:core/v1:Service");
}

/** Fails, in a preview, for the first of these objects that is to be created and belongs to another owner. */
export function failIfForeign(owner: string, objects: { type: string; resource: Kubernetes }[]): void {
    if (!pulumi.runtime.isDryRun()) {
        return;
    }
    let isReported = false;
    const report = (problem: string): void => {
        // One object says it for everything that the other owner has.
        if (!isReported) {
            isReported = true;
            failOutput(`${owner}: ${problem}`);
        }
    };
    objects.forEach(({ type, resource }) => reportForeign(type.split(":").at(-1)!, resource, report));
}

/** Reports an object that is to be created, exists already and belongs to another owner. */
function reportForeign(kind: string, { id, metadata }: Kubernetes, report: (problem: string) => void): void {
    let isInState = false;
    // Not called while the id is unknown, that is, for an object which is to be created.
    id.apply(() => (isInState = true));
    metadata?.apply(async (known) => {
        await nextTurn();
        const problem = isInState ? undefined : foreignOwner(known ?? {});
        if (problem !== undefined) {
            report(
                `the ${kind} ${known!.namespace}/${known!.name} ${problem}; set name to create this one under another ` +
                    "name, or delete that one first",
            );
        }
    });
}

/** Tools that create objects in a person's name, by the names in which they write. */
const tools = /^(kubectl|helm|pulumi|terraform|argocd|flux|kustomize|ansible)/i;

/**
 * Whose an object is that a stack is about to create; undefined where it is new, or was made by the stack itself in an
 * update that was killed. The provider previews a creation by a server-side apply that changes nothing and is never a
 * conflict; what the API server would store then names everyone who writes to the object.
 */
export function foreignOwner(metadata: Metadata): string | undefined {
    const { annotations = {}, managedFields = [], creationTimestamp } = metadata;
    const own = annotations[managerAnnotation];
    const writers = managedFields.filter(({ subresource }) => !subresource);
    const mine = writers.find(({ manager }) => manager === own);
    if (mine === undefined || mine.time === creationTimestamp) {
        return undefined;
    }
    const other = writers.find(
        ({ manager = "", operation }) => manager !== own && (operation === "Apply" || tools.test(manager)),
    )?.manager;
    const [, project, stack] = /^pulumi\/(.+)\/(.+)$/.exec(other ?? "") ?? [];
    if (project !== undefined) {
        return `belongs to the stack ${stack} of the project ${project}`;
    }
    return other && (/^kubectl/.test(other) ? "was created with kubectl" : `belongs to ${JSON.stringify(other)}`);
}
