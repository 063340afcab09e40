import * as core from "@pulumi/kubernetes/core/v1";
import * as pulumi from "@pulumi/pulumi";

import { hashOf } from "../../arguments/hash";
import { failOutput } from "../../arguments/inputs";
import { objectMeta } from "../../pod/metadata";
import { notebookNames } from "../../pod/names";

/**
 * Creates a token that is generated once: a hash of the UID of an object, which the API server chooses at random (122
 * bits) and never changes. The object is a Secret, so that only those who may read the token can read its UID, and its
 * metadata is encrypted in the state. A random value from the program would differ in each run.
 */
export function createToken(
    name: string,
    objectsName: string,
    namespace: pulumi.Input<string>,
    labels: Record<string, string>,
    parent: pulumi.Resource,
): pulumi.Output<string> {
    const seed = new core.Secret(
        `${name}-seed`,
        { metadata: objectMeta(notebookNames.seed(objectsName), namespace, labels), immutable: true },
        { parent, additionalSecretOutputs: ["metadata"] },
    );
    return seed.metadata.apply(({ uid }) => {
        if (uid) {
            return hashOf({ uid }, 64);
        }
        if (pulumi.runtime.isDryRun()) {
            return pulumi.unknown as string;
        }
        return failOutput<string>(
            `Notebook "${name}": the API server returned no UID to generate a token from; set token`,
        );
    });
}
