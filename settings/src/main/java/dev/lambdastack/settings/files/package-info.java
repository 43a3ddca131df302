/**
 * How processes agree over Hadoop's file system: a name that one takes, a sign of life, and what
 * kind of fault a failed call is.
 */
package dev.lambdastack.settings.files;
