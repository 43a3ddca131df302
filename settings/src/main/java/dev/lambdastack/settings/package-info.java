/**
 * The configuration of every command and job: Hadoop's, with the keys of {@code
 * lambda-default.xml}.
 */
package dev.lambdastack.settings;
