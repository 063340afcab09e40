/** Metadata and options that all objects of workloads have; src/pod/ownership.ts explains why. */

/** The annotation with the field manager of the stack in which unit tests run. */
export const ownerAnnotations = { "pulumi.com/patchFieldManager": "pulumi/project/stack" };

/** The path of this annotation in `ignoreChanges`. */
export const ownerPath = 'metadata.annotations["pulumi.com/patchFieldManager"]';

/** The options of an object that has no other options. */
export const keepsOwner = { ignoreChanges: [ownerPath] };

/** The annotations of a run, which the component follows itself. */
export const runAnnotations = {
    ...ownerAnnotations,
    "pulumi.com/skipAwait": "true",
    "pulumi.com/deletionPropagationPolicy": "background",
};

const fixedMetadata = [
    'metadata.annotations["kubernetes-mlops/completed-before"]',
    'metadata.labels["kueue.x-k8s.io/queue-name"]',
    'metadata.labels["kueue.x-k8s.io/priority-class"]',
    ownerPath,
];

/** The options of a Job, whose fixed fields never change. */
export const jobOptions = {
    deleteBeforeReplace: true,
    ignoreChanges: [
        "spec.template.*",
        "spec.completions",
        "spec.parallelism",
        "spec.completionMode",
        "spec.podFailurePolicy",
        "spec.backoffLimitPerIndex",
        ...fixedMetadata,
    ],
};

/** The options of the custom resource of an operator, nothing of which ever changes. */
export const operatorRunOptions = { deleteBeforeReplace: true, ignoreChanges: ["spec.*", ...fixedMetadata] };
