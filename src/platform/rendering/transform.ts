import { getVersion } from "@pulumi/kubernetes/utilities";
import * as pulumi from "@pulumi/pulumi";

import { keepOwner, ownerAnnotations } from "../../pod/ownership";
import { CaInjector } from "../catalog/definition";
import { normalizeCpu } from "./cpu-quantities";
import type { MirrorArgs } from "./mirror-args";
import { mirrorImages } from "./mirror-images";
import type { Placeholders } from "./output-placeholders";
import { podsLast } from "./pods-last";

/** What is done to every object that a chart renders. */
export interface ObjectRules {
    caInjector: CaInjector;
    /** The names of the webhook configurations to wait for. Defaults to all. */
    webhooks?: string[];
    mirror: MirrorArgs;
    placeholders: Placeholders;
}

interface Rendered {
    kind?: string;
    metadata?: { name?: string; annotations?: Record<string, unknown>; [field: string]: unknown };
    [field: string]: unknown;
}

/** The kinds into which a controller writes a CA bundle. Its field is not a conflict. */
const withAuthority = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration", "APIService"];

/** The kinds that are kept when their add-on is removed. */
const keptKinds = [
    "CustomResourceDefinition",
    "Namespace",
    "PersistentVolumeClaim",
    // KServe refuses the deletion of its own ones, and without KServe nothing removes their finalizers.
    "LLMInferenceServiceConfig",
];

/**
 * Returns the annotations that tell Pulumi how to handle an object.
 *
 * Waiting for an object keeps one of the engine's workers busy, of which there are four per processor. If all wait,
 * none is left to create what they wait for. So Pulumi does not wait for Services, since it waits for their pods,
 * except for those of webhooks, which are recognized by their names.
 */
export function annotationsOf(kind: string, name: string, rules: ObjectRules): Record<string, string> {
    return {
        ...ownerAnnotations(),
        // What outlives its stack is adopted by the next one.
        ...((withAuthority.includes(kind) || keptKinds.includes(kind)) && {
            "pulumi.com/patchForce": "true",
        }),
        ...(kind === "Service" && !name.includes("webhook") && { "pulumi.com/skipAwait": "true" }),
        ...(isAwaited(kind, name, rules) && {
            "pulumi.com/waitFor": "jsonpath={.webhooks[0].clientConfig.caBundle}",
        }),
    };
}

const isAwaited = (kind: string, name: string, { caInjector, webhooks }: ObjectRules): boolean =>
    kind.endsWith("WebhookConfiguration") && caInjector !== CaInjector.None && (webhooks?.includes(name) ?? true);

const isKept = (kind: string, annotations: Record<string, unknown>): boolean =>
    keptKinds.includes(kind) || annotations["helm.sh/resource-policy"] === "keep";

/**
 * Removes empty entries from a Secret: a controller fills them and owns them from then on. The provider passes the data
 * as a secret.
 *
 * Outputs have had `promise()` in every release, though it is not declared. `apply` does not work here: it never calls
 * back for data that is unknown in a preview, so that the preview would hang.
 */
async function withoutEmpty(props: Rendered): Promise<Rendered> {
    const { data, ...others } = props;
    const output = pulumi.output(data) as unknown as { promise(): Promise<Record<string, string> | undefined> };
    const entries = Object.entries((await output.promise()) ?? {}).filter(([, value]) => value !== "");
    return entries.length === 0 ? others : { ...others, data: pulumi.secret(Object.fromEntries(entries)) };
}

/**
 * Transforms an object of a chart:
 * - It gets the annotations above.
 * - CRDs, namespaces and claims are kept when the add-on is removed, and so are objects with Helm's resource policy
 *   `keep`.
 * - Images come from the mirror, and placeholders are replaced by their Outputs.
 */
export function transformObject(
    { type, props, opts }: pulumi.ResourceTransformArgs,
    rules: ObjectRules,
): pulumi.ResourceTransformResult | undefined {
    if (!isObject(type)) {
        return undefined;
    }
    // What is registered under the type of an object is one.
    const object = props as Rendered;
    const kind = object.kind ?? "";
    const adapted: Rendered =
        kind === "CustomResourceDefinition"
            ? object
            : rules.placeholders.resolve(normalizeCpu(mirrorImages(object, rules.mirror)));
    const annotations = {
        ...adapted.metadata?.annotations,
        ...annotationsOf(kind, object.metadata?.name ?? "", rules),
    };
    const options: pulumi.CustomResourceOptions = {
        ...opts,
        ignoreChanges: [...(opts.ignoreChanges ?? []), ...keepOwner],
        // Without a version, the engine would use one default provider for the objects of a chart in the first update and
        // another one from the second on.
        version: opts.version ?? getVersion(),
        // The provider's own choice for objects with a fixed name, but a transform makes every option explicit.
        deleteBeforeReplace: true,
        ...(isKept(kind, annotations) && { retainOnDelete: true }),
    };
    return { props: { ...adapted, metadata: { ...adapted.metadata, annotations } }, opts: options };
}

/** Whether a type is that of a Kubernetes object, and not of a component that renders objects. */
const isObject = (type: string): boolean => /^kubernetes:(?!helm|yaml)/.test(type);

/**
 * Returns the transform of an Addon. It also removes empty entries from Secrets, and in an update it delays objects
 * that run pods until all other objects of a chart are registered.
 */
export function objectTransform(rules: ObjectRules): pulumi.ResourceTransform {
    const order = podsLast();
    return async (args) => {
        if (!isObject(args.type)) {
            return undefined;
        }
        await order(args.type);
        const props = args.type.endsWith(":Secret") ? await withoutEmpty(args.props) : (args.props as Rendered);
        return transformObject({ ...args, props }, rules);
    };
}
