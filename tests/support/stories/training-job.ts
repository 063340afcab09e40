import { TrainingJob } from "../../../src";
import { image, otherImage } from "../arguments";
import type { Story } from "./story";

export const stories: Story[] = [
    {
        name: "train-gpu",
        create: (workspace, edits, opts) =>
            new TrainingJob("train-gpu", { workspace, image, gpu: { count: 2 }, ...edits }, opts),
        edits: [
            {
                what: "another image: a new run",
                edit: { image: otherImage },
                preview: ["replace job env[1].value image metadata.name volumeMounts[1].subPath"],
            },
        ],
    },
    {
        name: "train-claim",
        create: (workspace, edits, opts) =>
            new TrainingJob(
                "train-claim",
                { workspace, image, gpu: { deviceClass: "gpu.nvidia.com", memory: "40Gi", ...edits } },
                opts,
            ),
        edits: [
            {
                what: "more memory of each GPU: another template of claims, and a new run with it",
                edit: { memory: "70Gi" },
                preview: [
                    "replace gpu metadata.name spec.spec.devices.requests[0].exactly.selectors[0].cel.expression",
                    "replace job env[1].value metadata.name resourceClaims[0].resourceClaimTemplateName volumeMounts[1].subPath",
                ],
            },
        ],
    },
];
