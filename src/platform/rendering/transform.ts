import { getVersion } from "@pulumi/kubernetes/utilities";
import * as pulumi from "@pulumi/pulumi";

import { CaInjector } from "../catalog/definition";
import { normalizeCpu } from "./cpu-quantities";
import type { MirrorArgs } from "./mirror-args";
import { mirrorImages } from "./mirror-images";
import type { Placeholders } from "./output-placeholders";
import { podsLast } from "./pods-last";

/** What is done to every object that a chart renders. */
export interface ObjectRules {
    caInjector: CaInjector;
    /** The names of the webhook configurations that are waited for, where that is not all of them. */
    webhooks?: string[];
    mirror: MirrorArgs;
    placeholders: Placeholders;
}

/**
 * In whose name the objects of add-ons are written by server-side apply. It is the same for all stacks, so that what
 * outlives one (CRDs, namespaces) can be taken over by the next, and what a killed update has left behind by itself.
 */
export const addonFieldManager = "kubernetes-mlops";

interface Rendered {
    kind?: string;
    metadata?: { name?: string; annotations?: Record<string, unknown>; [field: string]: unknown };
    [field: string]: unknown;
}

/** Into these a controller writes certificates, which are no conflict but what is waited for. */
const withAuthority = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration", "APIService"];

/**
 * What Pulumi is told of an object by annotations.
 *
 * What is waited for keeps one of the engine's workers busy, of which there are four times as many as processors. Too
 * many of them, and none is left to create what they wait for. So a Service is not waited for, as its pods are, unless
 * it is by its name a webhook's.
 */
export function annotationsOf(kind: string, name: string, rules: ObjectRules): Record<string, string> {
    return {
        "pulumi.com/patchFieldManager": addonFieldManager,
        ...((withAuthority.includes(kind) || kind === "CustomResourceDefinition") && {
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

const keptKinds = [
    "CustomResourceDefinition",
    "Namespace",
    "PersistentVolumeClaim",
    // KServe refuses to have its own ones deleted while it is there, and without it nobody takes their finalizers away.
    "LLMInferenceServiceConfig",
];

const isKept = (kind: string, annotations: Record<string, unknown>): boolean =>
    keptKinds.includes(kind) || annotations["helm.sh/resource-policy"] === "keep";

/**
 * What is empty in a Secret is a place for its controller to write to, and from then on the controller's: it is left
 * out. The provider hands the data over as a secret.
 *
 * Outputs have had `promise()` in every release, though it is not declared. `apply` would not do: for data that is not known
 * in a preview it calls nothing back, and the preview would wait for ever.
 */
async function withoutEmpty(props: Rendered): Promise<Rendered> {
    const { data, ...others } = props;
    const output = pulumi.output(data) as unknown as { promise(): Promise<Record<string, string> | undefined> };
    const entries = Object.entries((await output.promise()) ?? {}).filter(([, value]) => value !== "");
    return entries.length === 0 ? others : { ...others, data: pulumi.secret(Object.fromEntries(entries)) };
}

/**
 * What is done to all that a chart renders:
 * - Every object gets the annotations above.
 * - CRDs, namespaces and volumes are kept when the add-on goes, with all that others have put there; and so is what says
 *   so itself, as Helm reads it.
 * - Images come from the mirror, and Outputs take the place of their placeholders.
 */
export function transformObject(
    { type, props, opts }: pulumi.ResourceTransformArgs,
    rules: ObjectRules,
): pulumi.ResourceTransformResult | undefined {
    if (!isObject(type)) {
        return undefined;
    }
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
        // Without a version, the engine would give what a chart renders one default provider at first and another from
        // the second run on.
        version: opts.version ?? getVersion(),
        // What the provider would choose itself, were it not that a transform makes every option explicit: its
        // successor has the same name.
        deleteBeforeReplace: true,
        ...(isKept(kind, annotations) && { retainOnDelete: true }),
    };
    return { props: { ...adapted, metadata: { ...adapted.metadata, annotations } }, opts: options };
}

/** Whether a type is that of an object, and not of what renders objects. */
const isObject = (type: string): boolean => /^kubernetes:(?!helm|yaml)/.test(type);

/**
 * The same as a transform, which in an update also registers what runs pods after all other objects of a chart, and leaves
 * empty entries of Secrets to the controller that fills them.
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
