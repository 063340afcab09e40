/** What all objects of workloads have in the stack of the mocks; src/pod/ownership.ts explains why. */

/** The annotation with the stack's field manager. */
export const ownerAnnotations = { "pulumi.com/patchFieldManager": "pulumi/project/stack" };

/** The path of this annotation, whose changes are ignored. */
export const ownerPath = 'metadata.annotations["pulumi.com/patchFieldManager"]';

/** The option of an object that has no others. */
export const keepsOwner = { ignoreChanges: [ownerPath] };
