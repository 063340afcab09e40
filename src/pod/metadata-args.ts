/** The labels and annotations that users add to the objects and the pods of a workload. */
import * as pulumi from "@pulumi/pulumi";

import { labelKeyPattern, labelValue } from "../arguments/formats";
import { map, type Problems, rule, type Rule, type RulesOf } from "../arguments/rules";

/** Labels and annotations of a workload. None of them decides a result, so none of them starts a new run. */
export interface MetadataArgs {
    /**
     * Labels of every object that the component creates, and of the runs that a schedule starts, such as a cost center.
     * Changing one changes the objects in place. Those of the pods are `podLabels`. Defaults to none.
     */
    labels?: Record<string, pulumi.Input<string>>;
    /**
     * Annotations of every object that the component creates, and of the runs that a schedule starts. Changing one changes
     * the objects in place. Those of the pods are `podAnnotations`. Defaults to none.
     */
    annotations?: Record<string, pulumi.Input<string>>;
    /**
     * Labels of the pods, such as one that gives them a cloud identity. Changing one rolls the pods of a server and
     * restarts a notebook; it starts a run again that has not completed, and does not repeat one that has. Defaults to
     * none.
     */
    podLabels?: Record<string, pulumi.Input<string>>;
    /**
     * Annotations of the pods, such as `sidecar.istio.io/inject: "false"`, which keeps them out of a mesh, or
     * `karpenter.sh/do-not-disrupt: "true"`, which keeps their node. Changing one does what changing a label of the pods
     * does. Defaults to none.
     */
    podAnnotations?: Record<string, pulumi.Input<string>>;
}

/** Keys, or what keys begin with if it ends in a slash, that users cannot set, and why. */
type Reserved = Record<string, string>;

const found = "is set by the component, which finds its objects by it; remove it";
const own = "is set by the component; remove it";
const ofController = "is set by the controller of the pods, which finds them by it; remove it";

const reservedLabels: Reserved = {
    "app.kubernetes.io/name": found,
    "app.kubernetes.io/component": found,
    "app.kubernetes.io/managed-by": own,
    "kubernetes-mlops/": own,
    "kueue.x-k8s.io/queue-name": "is set by the component from workspace.queue; set that instead",
    "kueue.x-k8s.io/priority-class": "is set by the component from queuePriority, which runs have; remove it",
    "batch.kubernetes.io/": ofController,
    "job-name": ofController,
    "controller-uid": ofController,
    "pod-template-hash": ofController,
    "controller-revision-hash": ofController,
    "apps.kubernetes.io/": ofController,
    "statefulset.kubernetes.io/": ofController,
    "jobset.sigs.k8s.io/": ofController,
    "leaderworkerset.sigs.k8s.io/": ofController,
    "trainer.kubeflow.org/": ofController,
    "katib.kubeflow.org/": ofController,
    "ray.io/cluster": ofController,
    "ray.io/group": ofController,
    "ray.io/node-type": ofController,
    "ray.io/identifier": ofController,
    "serving.kserve.io/inferenceservice": ofController,
    "workflows.argoproj.io/": ofController,
    "pulumi.com/": "is an annotation of Pulumi and no label; remove it",
};

const reservedAnnotations: Reserved = {
    "kubernetes-mlops/": own,
    "pulumi.com/":
        "tells Pulumi how to update an object, on which the component depends; remove it, or set it with a transform",
    "batch.kubernetes.io/": ofController,
    "deployment.kubernetes.io/": "is set by the controller of the Deployment; remove it",
    "serving.kserve.io/deploymentMode": own,
    "serving.kserve.io/autoscalerClass": own,
    "validations.keda.sh/hpa-ownership": own,
};

/** Returns a function that returns what is wrong with a key, if anything. */
function keyProblemOf(what: string, reserved: Reserved): (key: string) => string | undefined {
    return (key) => {
        if (!labelKeyPattern.test(key)) {
            return (
                `is not a valid key of ${what}; use at most 63 letters, digits, hyphens, underscores and dots that start ` +
                'and end with a letter or digit, after an optional domain and a slash, for example "example.com/team"'
            );
        }
        const match = Object.keys(reserved).find((one) => (one.endsWith("/") ? key.startsWith(one) : key === one));
        return match && reserved[match];
    };
}

const plainText = (what: string) => ({ notSecret: `${what} are stored in plain text: use a value that is not secret` });

const labels: Rule = map(keyProblemOf("a label", reservedLabels), labelValue(plainText("labels")));

const annotationValue = rule(
    (value) => (typeof value === "string" ? undefined : 'it must be a string, for example "true"'),
    plainText("annotations"),
);

/** Source: TotalAnnotationSizeLimitB of Kubernetes. */
const mostAnnotationBytes = 256 * 1024;

const annotations: Rule = (value, path, problems) => {
    const checked = map(keyProblemOf("an annotation", reservedAnnotations), annotationValue)(value, path, problems);
    checkSize(checked as Record<string, unknown> | undefined, path, problems);
    return checked;
};

function checkSize(given: Record<string, unknown> = {}, path: string, problems: Problems): void {
    const known = Object.entries(given).filter(([, value]) => typeof value === "string");
    const size = Buffer.byteLength(known.flat().join(""));
    if (size > mostAnnotationBytes) {
        problems.add(path, `has ${size} bytes; Kubernetes allows ${mostAnnotationBytes}: remove some`);
    }
}

/** The rules of the arguments above. */
export const metadataFields = {
    labels,
    annotations,
    podLabels: labels,
    podAnnotations: annotations,
} satisfies RulesOf<MetadataArgs>;

/** Returns the options of a component whose objects all have the user's labels and annotations, besides their own. */
export function withMetadata(
    opts: pulumi.ComponentResourceOptions,
    { labels, annotations }: MetadataArgs,
): pulumi.ComponentResourceOptions {
    if (labels === undefined && annotations === undefined) {
        return opts;
    }
    const add: pulumi.ResourceTransformation = ({ type, props, opts: given }) => {
        if (!type.startsWith("kubernetes:")) {
            return undefined;
        }
        const { metadata } = props as { metadata: Required<Pick<MetadataArgs, "labels" | "annotations">> };
        const merged = {
            ...metadata,
            labels: { ...labels, ...metadata.labels },
            annotations: { ...annotations, ...metadata.annotations },
        };
        return { props: { ...props, metadata: merged }, opts: given };
    };
    return pulumi.mergeOptions(opts, { transformations: [add] });
}
