import { IMAGE_TYPE } from "./image";

/** The schema of the one resource, as far as a program in another language needs it. */
export function schema(version: string): string {
    const string = { type: "string" };
    const boolean = { type: "boolean" };
    const strings = { type: "array", items: string };
    const type = (name: string) => ({ $ref: `#/types/docker:index/${name}` });
    const object = (properties: object) => ({ type: "object", properties });
    const inputProperties = {
        build: type("dockerBuild:DockerBuild"),
        buildOnPreview: { ...boolean, default: false },
        imageName: string,
        registry: type("registry:Registry"),
        skipPush: { ...boolean, default: false },
    };
    const outputNames = [
        "baseImageName",
        "context",
        "dockerfile",
        "imageName",
        "platform",
        "registryServer",
        "repoDigest",
    ];
    return JSON.stringify({
        name: "docker",
        version,
        description: "Builds and pushes docker images with the docker client of this machine.",
        config: { variables: { host: string } },
        provider: { properties: { host: string }, inputProperties: { host: string } },
        types: {
            "docker:index/dockerBuild:DockerBuild": object({
                addHosts: strings,
                args: { type: "object", additionalProperties: string },
                builderVersion: type("builderVersion:BuilderVersion"),
                cacheFrom: type("cacheFrom:CacheFrom"),
                context: string,
                dockerfile: string,
                network: string,
                platform: string,
                target: string,
            }),
            "docker:index/builderVersion:BuilderVersion": {
                ...string,
                enum: [{ value: "BuilderV1" }, { value: "BuilderBuildKit" }],
            },
            "docker:index/cacheFrom:CacheFrom": object({ images: strings }),
            "docker:index/registry:Registry": object({
                password: { ...string, secret: true },
                server: string,
                username: string,
            }),
        },
        resources: {
            [IMAGE_TYPE]: {
                properties: Object.fromEntries(outputNames.map((name) => [name, string])),
                required: outputNames.filter((name) => name !== "platform"),
                inputProperties,
                requiredInputs: ["imageName"],
                aliases: [{ type: "docker:image:Image" }],
            },
        },
    });
}
