package dev.lambdastack.sandbox.foodmart;

/** What the shops sell. */
public record Product(long id, String name, String brand, String category) {}
