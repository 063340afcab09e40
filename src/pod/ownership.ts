/**
 * The owners of objects: no two components of a program, and no two stacks, may write to the same object.
 *
 * Within a program, the constructor of the second component throws. Across stacks, server-side apply reports the
 * conflict, because each stack has its own field manager. It is the same in each update, so that an update that is run
 * again after it was killed finds the objects of the first attempt. In a preview the provider forces conflicts, so the
 * component compares the field managers itself and fails with its own message.
 * Source: https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/managing-resources-with-server-side-apply/
 */
import { setImmediate as nextTurn } from "node:timers/promises";

import * as pulumi from "@pulumi/pulumi";

import { afterChecks, recorded } from "../arguments/gate";
import { hashOf } from "../arguments/hash";
import { failArgument, failOutput, isEventual, outputOf, userError } from "../arguments/inputs";
import { stackId } from "../arguments/monitor";
import { notePreview, whenUnknown } from "../arguments/preview-notes";
import type { WorkloadArgs } from "./args";

const managerAnnotation = "pulumi.com/patchFieldManager";
/** With the value "true", set by a transform of the user's, the owner of the object is not checked. */
const adoptAnnotation = "kubernetes-mlops/adopt";

/** Returns the field manager of the stack. Kubernetes allows at most 128 characters. */
export function stackManager(): string {
    const manager = `pulumi/${stackId()}`;
    return manager.length <= 128 ? manager : `${manager.slice(0, 119)}-${hashOf(manager)}`;
}

/** Returns the annotation that sets the field manager of an object. */
export const ownerAnnotations = (): Record<string, string> => ({ [managerAnnotation]: stackManager() });

/**
 * The value of `ignoreChanges` with which an object keeps the field manager that created it, so that renaming a stack or
 * a project, or moving a component to another stack, does not change its objects.
 */
export const keepOwner = [`metadata.annotations["${managerAnnotation}"]`];

/** How a component makes sure that its objects belong to no other owner. */
export interface Ownership {
    /** The options of the component, with which its objects keep their field manager. */
    options: pulumi.ComponentResourceOptions;
    /**
     * Claims objects by kind and name, such as "Service fraud", and throws if another component of the program has
     * claimed one of them. Must be called before any of them is registered. Returns the checked arguments; if the
     * namespace is an Output, it fails with the same message once it is known.
     *
     * @param args - The arguments as given: components with the same Output as their namespace are in one namespace.
     */
    claim<Args extends WorkloadArgs>(args: Args, checked: Args, objects: string[]): Args;
    /** Fails a preview that would create an object that belongs to another owner, or says that it could not find out. */
    check(): void;
}

type KubernetesObject = pulumi.CustomResource & { metadata?: pulumi.Output<Metadata | undefined> };

/** An object with the inputs with which it is registered. */
interface Registered {
    resource: KubernetesObject;
    props: object;
}

/** The fields that are read of the metadata that the API server returns. */
interface Metadata {
    name?: string;
    namespace?: string;
    creationTimestamp?: string;
    annotations?: Record<string, string>;
    managedFields?: { manager?: string; operation?: string; subresource?: string; time?: string }[];
}

/** Returns the ownership of the objects that a component is about to create. */
export function ownership(
    component: string,
    name: string,
    opts: pulumi.ComponentResourceOptions | undefined,
): Ownership {
    const objects: (Registered & { type: string })[] = [];
    const owner = `${component} "${name}"`;
    const keep: pulumi.ResourceTransformation = ({ type, resource, props, opts: given }) => {
        if (!type.startsWith("kubernetes:") || type.startsWith("kubernetes:helm")) {
            return undefined;
        }
        objects.push({ type, resource: resource as KubernetesObject, props: props });
        const { ignoreChanges = [] } = given as pulumi.CustomResourceOptions;
        return { props, opts: { ...given, ignoreChanges: [...ignoreChanges, ...keepOwner] } };
    };
    return {
        options: pulumi.mergeOptions(afterChecks(opts), { transformations: [keep] }),
        claim(args, checked, claimed) {
            const { workspace } = checked;
            const namespace = claimObjects(owner, opts, args.workspace.namespace, claimed, workspace.namespace);
            return { ...checked, workspace: { ...workspace, namespace } };
        },
        check() {
            failIfForeign(owner, objects);
            objects.forEach((object) => noteUnseen(owner, object));
        },
    };
}

/** The objects that the components of a program have claimed. */
interface Claims {
    /** The component that has claimed an object, by cluster, namespace, kind and name. */
    owners: Map<string, string>;
    /** A number for each provider, and for each namespace that is an Output. */
    numbers: Map<unknown, number>;
}

/** The claims of each stack: programs of the Automation API may run in the same process. */
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
        // A unit test with mocks has no stack and creates nothing.
        return namespace;
    }
    const claims: Claims = claimsOfStacks.get(stack) ?? { owners: new Map(), numbers: new Map() };
    claimsOfStacks.set(stack, claims);
    const numberOf = (value: unknown): number => {
        claims.numbers.set(value, claims.numbers.get(value) ?? claims.numbers.size);
        return claims.numbers.get(value)!;
    };
    const cluster = numberOf(providerOf(opts));
    const claimIn = (place: string, shown: string): string | undefined => {
        const keys = objects.map((object) => `${cluster} ${place} ${object}`);
        const index = keys.findIndex((key) => claims.owners.has(key));
        if (index < 0) {
            keys.forEach((key) => claims.owners.set(key, owner));
            return undefined;
        }
        const [kind, name] = objects[index]!.split(" ");
        const other = claims.owners.get(keys[index]!);
        return `${owner}: the ${kind} ${shown}${name} already belongs to ${other}; give one of them another name`;
    };
    if (!isEventual(namespace)) {
        throwIf(claimIn(namespace, `${namespace}/`));
        return namespace;
    }
    // Components with the same Output are in the same namespace, even if it is not known in this preview.
    throwIf(claimIn(`#${numberOf(given)}`, ""));
    return outputOf(namespace).apply((known) => {
        const problem = claimIn(known, `${known}/`);
        return problem === undefined ? known : failArgument<string>(problem);
    });
}

function throwIf(problem: string | undefined): void {
    if (problem !== undefined) {
        throw recorded(userError(problem));
    }
}

/** Returns what `Provider.isInstance` of @pulumi/kubernetes returns, without loading that module. */
const isKubernetesProvider = (one: pulumi.ProviderResource | undefined): boolean =>
    (one as { __pulumiType?: string } | undefined)?.__pulumiType === "pulumi:providers:kubernetes";

/** Returns the Kubernetes provider of children of a component with these options, or undefined for the default one. */
function providerOf(opts: pulumi.ComponentResourceOptions | undefined): pulumi.ProviderResource | undefined {
    const { provider, providers = {}, parent } = opts ?? {};
    const own = [provider, ...Object.values(providers)].find(isKubernetesProvider);
    return own ?? parent?.getProvider("kubernetes:core/v1:Service");
}

/**
 * Fails, in a preview, for the first of these objects that is to be created and belongs to another owner.
 *
 * @param fix - What to do about it, as the end of the message.
 */
export function failIfForeign(
    owner: string,
    objects: { type: string; resource: KubernetesObject }[],
    fix = "set name to create this one under another name, or delete that one first",
): void {
    if (!pulumi.runtime.isDryRun()) {
        return;
    }
    let isReported = false;
    const report = (problem: string): void => {
        // The other owner usually has several of the objects; one message is enough.
        if (!isReported) {
            isReported = true;
            failOutput(`${owner}: ${problem}; ${fix}`);
        }
    };
    objects.forEach(({ type, resource }) => reportForeign(type.split(":").at(-1)!, resource, report));
}

/** Says that a preview has not seen the cluster in which it would create an object, or its namespace. */
function noteUnseen(owner: string, object: Registered): void {
    const unchecked = "so this preview does not show whether its objects exist already or belong to others";
    whenUnseen(object, {
        unknown: () =>
            notePreview(
                `${owner}: its cluster is not known before the update, ${unchecked}`,
                `the cluster of ${owner}`,
            ),
        absent: ({ namespace = "" }) =>
            notePreview(
                `${owner}: the namespace ${namespace} was not found (it does not exist yet, the cluster cannot be ` +
                    `reached, or the provider only renders YAML), ${unchecked}`,
                `the namespace ${namespace}`,
            ),
    });
}

/**
 * Calls a function in a preview that would create an object and has not seen where: `unknown` if the cluster is not known
 * before the update, and `absent` if the API server has not answered, or has no such namespace. Where the object itself
 * depends on a value that is not known yet, neither is called.
 */
export function whenUnseen(
    { resource, props }: Registered,
    { unknown, absent }: { unknown: () => void; absent: (metadata: Metadata) => void },
): void {
    const { id, metadata } = resource;
    if (metadata === undefined || !pulumi.runtime.isDryRun()) {
        return;
    }
    let isInState = false;
    // The ID of an object that is about to be created is unknown, so this is not called.
    id.apply(() => (isInState = true));
    pulumi.output(props).apply(async () => {
        await nextTurn();
        if (!isInState) {
            whenUnknown(metadata, unknown);
            // The response to the dry run has the time at which the object would be created.
            metadata.apply((known) => known?.creationTimestamp ?? absent(known ?? {}));
        }
    });
}

/** Reports an object that the update would create, although it exists and belongs to another owner. */
function reportForeign(kind: string, { id, metadata }: KubernetesObject, report: (problem: string) => void): void {
    let isInState = false;
    // The ID of an object that is about to be created is unknown, so this is not called.
    id.apply(() => (isInState = true));
    metadata?.apply(async (known) => {
        await nextTurn();
        const problem = isInState ? undefined : foreignOwner(known ?? {});
        if (problem !== undefined) {
            report(`the ${kind} ${known!.namespace}/${known!.name} ${problem}`);
        }
    });
}

/** The field managers of tools with which people create objects. */
const tools = /^(kubectl|helm|pulumi|terraform|argocd|flux|kustomize|ansible)/i;

/**
 * Returns who owns an object that a stack is about to create, as the end of a message, or undefined if the object is new,
 * was created by an update of the same stack that was killed, or is adopted on purpose. The provider previews the
 * creation as a dry run of server-side apply that forces conflicts; the metadata in the response lists all field
 * managers of the object.
 */
export function foreignOwner(metadata: Metadata): string | undefined {
    const { annotations = {}, managedFields = [], creationTimestamp } = metadata;
    if (annotations[adoptAnnotation] === "true") {
        return undefined;
    }
    const own = annotations[managerAnnotation];
    const writers = managedFields.filter(({ subresource }) => !subresource);
    const stackWriter = writers.find(({ manager }) => manager === own);
    if (stackWriter === undefined || stackWriter.time === creationTimestamp) {
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
