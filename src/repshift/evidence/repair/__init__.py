"""What a ladder of repairs is judged by: scores with controls, label-free numbers, the prior a repair needs."""
