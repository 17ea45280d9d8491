"""Networks: families, data sets, training, run folders, inference, and the forest beside them."""
