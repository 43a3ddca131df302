/** The views of the guide, declared as a user would declare them. */
package dev.lambdastack.reference;
