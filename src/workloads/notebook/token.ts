import * as core from "@pulumi/kubernetes/core/v1";
import * as pulumi from "@pulumi/pulumi";

import { hashOf } from "../../arguments/hash";
import { failOutput } from "../../arguments/inputs";
import { objectMeta } from "../../pod/metadata";
import { notebookNames } from "../../pod/names";

/**
 * A token that is made up once: by the API server, which gives every object a random UID of 122 bits when it is created
 * and never changes it. The object is a Secret, so that nobody can read its UID who cannot read the token, and its
 * metadata are encrypted in the state. Nothing that is random runs in the program, where it would differ each time.
 */
export function generatedToken(
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
        return failOutput<string>(`Notebook "${name}": the API server gave no UID to make a token of; give a token`);
    });
}
