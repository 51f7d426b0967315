"""The venue's wire: public reads within its budget, and signing for its test net."""
