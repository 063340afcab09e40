import { TrainingJob } from "../../../src";
import { fullTrainingArgs } from "../arguments";
import {
    type Case,
    claimCases,
    claimScalars,
    runCases,
    runNames,
    runScalars,
    runSecrets,
    type Specimen,
    validWorkload,
    workloadAllowed,
    workloadMisspelt,
} from "./specimen";

export const specimen: Specimen = {
    component: TrainingJob,
    valid: () => validWorkload,
    full: () => fullTrainingArgs,
    children: 3,
    scalars: [
        ...runScalars,
        ...claimScalars("output"),
        [
            "output.uri",
            ["models", "s3://", "s3://models/", "s3://models/a b", "S3://models", 5],
            'it must be an address such as "s3://models/fraud"',
        ],
    ],
    cases: [
        ...runCases,
        ...claimCases("output"),
        ...["claim", "size", "storageClass", "accessMode", "retain"].map((field): Case => {
            const values = {
                claim: "models",
                size: "1Gi",
                storageClass: "fast",
                accessMode: "ReadWriteMany",
                retain: false,
            };
            const value = values[field as keyof typeof values];
            return [
                { output: { uri: "s3://models", [field]: value } },
                "output describes a claim besides a uri; leave one of them out",
            ];
        }),
    ],
    secrets: runSecrets,
    missing: [["workspace.namespace", "name the namespace it runs in"]],
    misspelt: [
        ["retry", `${runNames}, output`],
        ["output.path", "claim, size, storageClass, accessMode, retain, uri"],
        ...workloadMisspelt,
    ],
    allowed: [
        ...workloadAllowed,
        ["timeout", ["1s", "90m", "1h30m", "2d", "1d2h3m4s", "10h"]],
        ["retries", [0, 1000]],
        ["output.uri", ["s3://models", "gs://models/a/b", "file+x://ab"]],
        ["output", [null, undefined, {}]],
    ],
};
