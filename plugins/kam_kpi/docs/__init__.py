"""Pages of the KPIs and of the policy, generated from what the product itself reads."""
