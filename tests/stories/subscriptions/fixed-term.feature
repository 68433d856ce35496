Feature: An end that was agreed on the first day

  Scenario: A subscription sold for six months is not one that was canceled
    Given the Account "VanArsdel"
    And the open Opportunity "Season"
    And the plan "Team" at 100 USD a month
    When "VanArsdel" subscribes to 1 x "Team" for the Opportunity "Season", ending after 6 months
    Then the subscription to "Team" of "VanArsdel" shows:
      | Cancels On    | 2027-04-01 |
      | Cancelling    | no         |
      | Term (Months) | 6          |
    And the Account "VanArsdel" shows:
      | Cancelling Subscriptions | 0       |
      | Customer Health          | Healthy |
