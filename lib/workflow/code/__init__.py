"""The code of a project: what students and analysts take along, without Loam."""
