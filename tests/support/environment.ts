import * as local from "../../local/environment";

/** What `npm run local -- up` has brought up, which the runner of the tests does before. */
export function savedEnvironment(): local.Environment {
    const environment = local.savedEnvironment();
    if (environment === undefined) {
        throw new Error("no environment is up; run: npm run local -- up --node");
    }
    return environment;
}
