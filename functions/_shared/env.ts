/** Settings of a function: what the platform and the project's secrets put into its environment. */

export interface Env {
  get(name: string): string | undefined;
}

/** A setting is missing; the name is safe to show, a value never is. */
export class NotConfigured extends Error {
  override name = "NotConfigured";

  constructor(setting: string) {
    super(`The function is not configured: ${setting} is not set.`);
  }
}

export function required(env: Env, setting: string): string {
  const value = env.get(setting);
  if (!value) throw new NotConfigured(setting);
  return value;
}
