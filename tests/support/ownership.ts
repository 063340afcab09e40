/** Metadata and options that all objects of workloads have; src/pod/ownership.ts explains why. */

/** The annotation with the field manager of the stack in which unit tests run. */
export const ownerAnnotations = { "pulumi.com/patchFieldManager": "pulumi/project/stack" };

/** The path of this annotation in `ignoreChanges`. */
export const ownerPath = 'metadata.annotations["pulumi.com/patchFieldManager"]';

/** The options of an object that has no other options. */
export const keepsOwner = { ignoreChanges: [ownerPath] };
