/** The reference views and alerts, declared as a user would declare them. */
package dev.lambdastack.reference;
