"""From annotated pictures on disk to training batches: readers, records, augmentation, pipeline."""
